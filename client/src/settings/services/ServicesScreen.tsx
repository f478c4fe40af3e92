import { Trans, useLingui } from "@lingui/react/macro";
import { answered, api } from "../../shared/api/client";
import { usePages } from "../../shared/query/usePages";
import { EmptyState } from "../../shared/ui/EmptyState";
import { PagedList } from "../../shared/ui/PagedList";
import { Section } from "../Section";
import { SettingsScreen } from "../SettingsScreen";
import { GrantRow } from "./GrantRow";
import { HistoryRow } from "./HistoryRow";
import { RequestRow } from "./RequestRow";

/** Services that act for the person, that ask to, and histories that they have kept. */
export function ServicesScreen() {
  const { t } = useLingui();
  const requests = usePages(["link-requests"], (page) =>
    answered(api.GET("/link-requests/", { params: { query: { page } } })),
  );
  const grants = usePages(["grants"], (page) =>
    answered(api.GET("/grants/", { params: { query: { page } } })),
  );
  const histories = usePages(["histories"], (page) =>
    answered(api.GET("/histories/", { params: { query: { page } } })),
  );
  return (
    <SettingsScreen title={t`Linked services`}>
      <Section title={t`Requests`} text={<Trans>Services that ask to act for you.</Trans>}>
        <PagedList
          query={requests}
          label={t`Requests`}
          empty={
            <EmptyState
              title={<Trans>No request waits for you.</Trans>}
              text={<Trans>Begin in the other service, with the address of this account.</Trans>}
            />
          }
        >
          {(request) => <RequestRow key={request.id} request={request} />}
        </PagedList>
      </Section>
      <Section title={t`Linked`} text={<Trans>Services that act for you.</Trans>}>
        <PagedList
          query={grants}
          label={t`Linked`}
          empty={<EmptyState title={<Trans>No service is linked.</Trans>} />}
        >
          {(grant) => <GrantRow key={grant.id} grant={grant} />}
        </PagedList>
      </Section>
      {histories.data?.length ? (
        <Section
          title={t`Histories under your address`}
          text={
            <Trans>
              A service has kept days for you, before you had this account. You can take them over.
            </Trans>
          }
        >
          <PagedList query={histories} label={t`Histories`} empty={null}>
            {(history) => <HistoryRow key={history.id} history={history} />}
          </PagedList>
        </Section>
      ) : null}
    </SettingsScreen>
  );
}
