import { useLingui } from "@lingui/react/macro";
import { Progress } from "@mantine/core";
import { countText } from "../../shared/numbers/format";
import { Facts } from "../parts/Facts";
import { ListCard } from "../parts/ListCard";
import type { Achievement } from "../types";
import { Picture } from "./Picture";

export function OpenCard({ achievement }: { achievement: Achievement }) {
  const { t } = useLingui();
  const { name, description, picture, habit, kind, progress } = achievement;
  const unit = kind === "strength" ? " %" : "";
  const [current, target] = [`${countText(progress.current)}${unit}`, `${countText(progress.target)}${unit}`];
  const habitName = habit?.name;
  return (
    <ListCard
      title={
        <>
          <Picture text={picture} /> {name}
        </>
      }
      text={description}
    >
      <Progress.Root mt={6} size="sm">
        <Progress.Section value={progress.share * 100} aria-label={t`Progress: ${name}`} />
      </Progress.Root>
      <Facts facts={[t`${current} of ${target}`, habitName && t`for ${habitName}`]} />
    </ListCard>
  );
}
