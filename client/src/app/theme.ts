import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

// The one accent: a calm green. Shade 7 with white text, and shade 4 on dark, have a contrast above 4.5.
const pine: MantineColorsTuple = [
  "#eef7f2",
  "#dcece3",
  "#b5d8c5",
  "#8bc3a5",
  "#68b18a",
  "#51a678",
  "#3f9a6b",
  "#2c7a53",
  "#216b47",
  "#105c3a",
];

// What is wrong or cannot be undone: shade 7 with white text, and on white, has a contrast above 5.
const red: MantineColorsTuple = [
  "#fdf1f0",
  "#f9dedc",
  "#f1b9b5",
  "#e9918b",
  "#e06d66",
  "#d65149",
  "#c8403a",
  "#b5332e",
  "#982722",
  "#771a17",
];

// Warm greys. Shade 6 is that of dimmed text: its contrast is above 5 on the page.
const gray: MantineColorsTuple = [
  "#faf8f4",
  "#f3f0ea",
  "#e9e5dd",
  "#ddd8cf",
  "#cbc6bc",
  "#a8a298",
  "#69645c",
  "#57524b",
  "#3b3833",
  "#262420",
];

const dark: MantineColorsTuple = [
  "#d6d3cc",
  "#bdb9b1",
  "#a39f97",
  "#7d7a73",
  "#4a4843",
  "#37352f",
  "#2b2a26",
  "#22211e",
  "#191816",
  "#121110",
];

// A menu turns round before it would open below one of the fixed bars (Shell.module.css).
const clearOfBars = { flip: { padding: { top: 56, bottom: 72 } }, shift: true };

export const theme = createTheme({
  primaryColor: "pine",
  primaryShade: { light: 7, dark: 7 },
  colors: { pine, red, gray, dark },
  defaultRadius: "md",
  fontFamily:
    'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Ubuntu, Cantarell, "Helvetica Neue", sans-serif',
  headings: { fontWeight: "650" },
  respectReducedMotion: true,
  components: {
    Anchor: { defaultProps: { underline: "always" } },
    Button: { defaultProps: { mih: 44 } },
    ActionIcon: { defaultProps: { size: 44, variant: "subtle" } },
    Input: { vars: () => ({ wrapper: { "--input-height": "44px" } }) },
    NativeSelect: { defaultProps: { size: "md" } },
    Autocomplete: { defaultProps: { size: "md" } },
    TagsInput: { defaultProps: { size: "md" } },
    Checkbox: { defaultProps: { size: "md" } },
    TextInput: { defaultProps: { size: "md" } },
    PasswordInput: { defaultProps: { size: "md" } },
    Textarea: { defaultProps: { size: "md" } },
    Select: { defaultProps: { size: "md" } },
    SegmentedControl: { styles: { label: { display: "grid", placeItems: "center", minHeight: 44 } } },
    // Inside the page's main part, which has all of its content.
    Modal: {
      styles: { title: { fontWeight: 650 } },
      defaultProps: { centered: true, portalProps: { target: "#main" } },
    },
    Menu: {
      styles: { item: { minHeight: 44 } },
      defaultProps: {
        withInitialFocusPlaceholder: false,
        portalProps: { target: "#main" },
        middlewares: clearOfBars,
      },
    },
    Popover: { defaultProps: { portalProps: { target: "#main" }, middlewares: clearOfBars } },
    Combobox: { defaultProps: { portalProps: { target: "#main" } } },
  },
});

/** What is wrong is written lighter on dark. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: { "--mantine-color-error": red[7] },
  dark: { "--mantine-color-error": red[4] },
});
