import { Trans, useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "react-router";
import type { Schema } from "../../shared/api/types";
import { useAction } from "../../shared/query/useAction";
import { Awaited } from "../../shared/ui/Awaited";
import { EmptyState } from "../../shared/ui/EmptyState";
import { Screen } from "../../shared/ui/Screen";
import { membersText } from "../words/members";
import type { Invitable } from "./invitations";

/** An invitation: what it is for, and the way in. */
export function JoinScreen({
  kind,
  title,
  shows,
  look,
  join,
}: {
  kind: Invitable;
  title: string;
  /** What joining does, and what others see then. */
  shows: string;
  look: (code: string) => Promise<Schema<"Preview">>;
  join: (code: string) => Promise<{ id: number; name: string }>;
}) {
  const { t } = useLingui();
  const navigate = useNavigate();
  const { code = "" } = useParams();
  const invitation = useQuery({
    queryKey: [kind, "invitation", code],
    queryFn: () => look(code),
    meta: { volatile: true },
  });
  const joining = useAction({
    send: () => join(code),
    changes: () => [[kind], ["tracks"], ["days"]],
    done: (_given, { name }) => t`You joined ${name}.`,
    after: ({ id }) => navigate(`/together/${kind}/${id}`, { replace: true }),
  });
  return (
    <Screen title={title}>
      <Awaited query={invitation}>
        {({ name, members }) => (
          <EmptyState title={name} text={`${membersText(members)}. ${shows}`}>
            <Button onClick={() => joining.run()} aria-busy={joining.isPending}>
              <Trans>Join</Trans>
            </Button>
            <Button variant="subtle" onClick={() => navigate(`/together/${kind}`)}>
              <Trans>Not now</Trans>
            </Button>
          </EmptyState>
        )}
      </Awaited>
    </Screen>
  );
}
