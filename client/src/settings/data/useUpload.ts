import { useLingui } from "@lingui/react/macro";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { ApiError } from "../../shared/api/ApiError";
import { upload } from "../../shared/api/upload";
import { sentenceOfError } from "../../shared/errors/sentences";
import { useAfterSending } from "../../shared/forms/useAfterSending";
import { useLimits } from "../../shared/person/limits";
import { readAgain } from "../../shared/query/useAction";
import { type ImportDetail, importQuery, newestImports } from "./queries";
import { sizeText } from "./sizes";

const LOOKS = 4; // how often it is looked whether a file arrived whose answer was lost
const PAUSE = 2_000; // milliseconds between two looks

/** Return how to send a file (`refuse`: how to say that it is not one), how much of it is sent (null: nothing is under way), and why it was refused. */
export function useUpload(onArrived: (id: number) => void) {
  const { t } = useLingui();
  const client = useQueryClient();
  const { bytes: most } = useLimits().import;
  const [sent, setSent] = useState<{ name: string; share: number } | null>(null);
  const [problem, setProblem] = useState("");
  const after = useAfterSending(sent !== null);
  const leaving = useRef<AbortController>(null);
  useEffect(() => () => leaving.current?.abort(), []);

  const latest = async () => (await newestImports(client))[0];

  async function send(file: File) {
    setProblem("");
    if (file.size > most) return setProblem(t`The file is larger than ${sizeText(most)}.`);
    const left = new AbortController();
    leaving.current = left;
    setSent({ name: file.name, share: 0 });
    try {
      const before = (await latest())?.id ?? 0;
      const id = await arrived(file, before, left.signal);
      await readAgain(client, ["imports"]);
      if (!left.signal.aborted) after(() => onArrived(id));
    } catch (error) {
      if (!left.signal.aborted) setProblem(sentenceOfError(error));
    } finally {
      setSent(null);
    }
  }

  /** Send the file and return the id of its import, also if only the answer was lost. */
  async function arrived(file: File, before: number, signal: AbortSignal): Promise<number> {
    try {
      const onProgress = (share: number) => setSent({ name: file.name, share });
      const made: ImportDetail = await upload("/imports/", file, { onProgress, signal });
      client.setQueryData(importQuery(made.id).queryKey, made);
      return made.id;
    } catch (error) {
      if (!(error instanceof ApiError) || !(error.status === 0 || error.status >= 500)) throw error;
      for (let look = 0; look < LOOKS && !signal.aborted; look += 1) {
        const found = await latest().catch(() => undefined);
        if (found && found.id > before && found.size === file.size) return found.id;
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
      throw error;
    }
  }

  const refuse = () => setProblem(t`Drop one file, not several and not a folder.`);

  return { sent, problem, send, refuse };
}
