import { useLingui } from "@lingui/react/macro";
import { ActionIcon, Menu } from "@mantine/core";
import { IconAdjustmentsHorizontal, IconArrowsSort } from "@tabler/icons-react";
import type { Grouping } from "./grouping";

/** How the list is shown: its groups, and changing its order. */
export function ViewMenu({
  by,
  onBy,
  onOrder,
}: {
  by: Grouping;
  onBy: (by: Grouping) => void;
  onOrder: () => void;
}) {
  const { t } = useLingui();
  const choices: [Grouping, string][] = [
    ["none", t`No groups`],
    ["time", t`By part of the day`],
    ["tag", t`By tag`],
  ];
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon color="gray" aria-label={t`How the list is shown`}>
          <IconAdjustmentsHorizontal size={20} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.RadioGroup value={by} onChange={(value) => onBy(value as Grouping)}>
          {choices.map(([value, label]) => (
            <Menu.RadioItem key={value} value={value} closeMenuOnClick>
              {label}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item leftSection={<IconArrowsSort size={18} aria-hidden />} onClick={onOrder}>
          {t`Change the order`}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
