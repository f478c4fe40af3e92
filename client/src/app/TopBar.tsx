import { useLingui } from "@lingui/react/macro";
import { ActionIcon, Button } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { dismissNotice, useNotice } from "../shared/ui/notices";
import classes from "./Shell.module.css";
import { WaitingCount } from "./WaitingCount";

/** The bar at the top: the product's name, or the message that `notify` shows, and how many changes wait. */
export function TopBar() {
  const { t } = useLingui();
  const notice = useNotice();
  return (
    <header className={classes.top}>
      {notice ? null : <span className={classes.name}>Habit Tracker</span>}
      <div
        className={classes.notice}
        role="status"
        aria-live={notice?.kind === "problem" ? "assertive" : "polite"}
      >
        {notice ? (
          <>
            <span className={classes.noticeText}>{notice.text}</span>
            {notice.action ? (
              <Button
                variant="light"
                size="compact-md"
                onClick={() => {
                  notice.action?.run();
                  dismissNotice();
                }}
              >
                {notice.action.label}
              </Button>
            ) : null}
            <ActionIcon onClick={dismissNotice} aria-label={t`Close the message`} color="gray">
              <IconX size={18} aria-hidden />
            </ActionIcon>
          </>
        ) : null}
      </div>
      <WaitingCount />
    </header>
  );
}
