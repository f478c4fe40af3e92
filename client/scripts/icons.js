const IMPORT = /import\s*\{([^}]+)\}\s*from\s*["']@tabler\/icons-react["'];?/g;

/** A plugin that imports icons one by one: the package's index names thousands, and reading them all takes seconds. */
export function icons() {
  return {
    name: "icons",
    enforce: "pre",
    transform(code, id) {
      if (!id.includes("/src/") || !code.includes("@tabler/icons-react")) return null;
      const single = (name) => `import ${name} from "@tabler/icons-react/dist/esm/icons/${name}.mjs";`;
      return code.replace(IMPORT, (_, names) =>
        names
          .split(",")
          .map((name) => name.trim())
          .filter((name) => name && !name.startsWith("type "))
          .map(single)
          .join(" "),
      );
    },
  };
}
