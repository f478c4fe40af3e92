import { useLingui } from "@lingui/react/macro";
import { Center, Loader } from "@mantine/core";

/** Says that something is on its way. */
export function Loading() {
  const { t } = useLingui();
  return (
    <Center py="xl" role="status" aria-label={t`Loading`}>
      <Loader type="dots" />
    </Center>
  );
}
