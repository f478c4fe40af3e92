import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, type MantineColorScheme, Text, useMantineColorScheme } from "@mantine/core";
import { IconDeviceDesktop, IconMoon, IconSun } from "@tabler/icons-react";
import { SettingsScreen } from "../SettingsScreen";

/** Light, dark, or as the system is; kept on this device. */
export function AppearanceScreen() {
  const { t } = useLingui();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const schemes = [
    { value: "light", label: t`Light`, Icon: IconSun },
    { value: "dark", label: t`Dark`, Icon: IconMoon },
    { value: "auto", label: t`As the system`, Icon: IconDeviceDesktop },
  ] satisfies { value: MantineColorScheme; label: string; Icon: typeof IconSun }[];
  return (
    <SettingsScreen title={t`Appearance`}>
      <Group gap="xs" role="group" aria-label={t`Appearance`}>
        {schemes.map(({ value, label, Icon }) => (
          <Button
            key={value}
            variant={colorScheme === value ? "filled" : "default"}
            aria-pressed={colorScheme === value}
            leftSection={<Icon size={18} aria-hidden />}
            onClick={() => setColorScheme(value)}
          >
            {label}
          </Button>
        ))}
      </Group>
      <Text size="sm" c="dimmed">
        <Trans>
          For this device. Less motion, larger text and more contrast follow the settings of your system.
        </Trans>
      </Text>
    </SettingsScreen>
  );
}
