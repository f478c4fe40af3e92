import { useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { answered, api } from "../../shared/api/client";
import { shortDay } from "../../shared/dates/format";
import { useAction } from "../../shared/query/useAction";
import { Facts } from "../parts/Facts";
import { ListCard } from "../parts/ListCard";
import { ShareLinkBox } from "../shares/ShareLinkBox";
import type { Achievement, ShareLink } from "../types";
import { Picture } from "./Picture";

export function HeldCard({ achievement, link }: { achievement: Achievement; link: ShareLink | undefined }) {
  const { t } = useLingui();
  const [isOpen, { open, toggle }] = useDisclosure();
  const { id, name, description, picture, habit, day } = achievement;
  const making = useAction({
    send: () => answered(api.POST("/shares/", { body: { kind: "achievement", achievement: id } })),
    changes: () => [["shares"]],
    after: open,
  });
  const date = day ? shortDay(day) : "";
  const habitName = habit?.name;
  const isShown = isOpen && link !== undefined;
  return (
    <ListCard
      title={
        <>
          <Picture text={picture} /> {name}
        </>
      }
      text={description}
      side={
        <Button
          variant="default"
          aria-expanded={isShown}
          aria-busy={making.isPending}
          aria-label={link ? t`Link: ${name}` : t`Share: ${name}`}
          onClick={link ? toggle : () => making.run()}
        >
          {link ? t`Link` : t`Share`}
        </Button>
      }
      below={isShown ? <ShareLinkBox link={link} /> : null}
    >
      <Facts strong={day ? t`Earned ${date}` : null} facts={[habitName && t`for ${habitName}`]} />
    </ListCard>
  );
}
