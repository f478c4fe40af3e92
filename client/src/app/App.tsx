import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "react-router/dom";
import { pageNonce } from "../shared/api/site";
import { queryClient } from "../shared/query/client";
import { router } from "./routes";
import { useShownScheme } from "./scheme";
import { cssVariables, theme } from "./theme";

export function App() {
  const scheme = useShownScheme();
  return (
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      {...(scheme ? { forceColorScheme: scheme } : {})}
      cssVariablesResolver={cssVariables}
      getStyleNonce={pageNonce}
    >
      <I18nProvider i18n={i18n}>
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </I18nProvider>
    </MantineProvider>
  );
}
