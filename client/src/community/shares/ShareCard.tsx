import { useLingui } from "@lingui/react/macro";
import { dayAndTime, shortDay } from "../../shared/dates/format";
import { useMe } from "../../shared/person/me";
import { Facts } from "../parts/Facts";
import { ListCard } from "../parts/ListCard";
import type { ShareLink } from "../types";
import { ShareLinkBox } from "./ShareLinkBox";

export function ShareCard({ link }: { link: ShareLink }) {
  const { t } = useLingui();
  const me = useMe();
  const made = shortDay(link.created_at.slice(0, 10));
  const end = link.expires_at ? dayAndTime(link.expires_at, me.time_zone) : null;
  return (
    <ListCard title={link.title} below={<ShareLinkBox link={link} />}>
      <Facts
        facts={[
          link.is_live ? null : t`Shows nothing at the moment`,
          t`Made ${made}`,
          end && t`Until ${end}`,
        ]}
      />
    </ListCard>
  );
}
