import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { answered, api } from "../../shared/api/client";
import type { Schema } from "../../shared/api/types";

export type Import = Schema<"Import">;
export type ImportDetail = Schema<"ImportDetail">;
export type Preview = ImportDetail["preview"];
export type PreviewedHabit = Preview["habits"][number];
export type Export = Schema<"Export">;

const EVERY = 1_500; // milliseconds between two looks at work that goes on

const whileRunning = (all: { state: string }[] | undefined) =>
  all?.some(({ state }) => state === "running" || state === "reading") ? EVERY : false;

async function loadImports(): Promise<Import[]> {
  return (await answered(api.GET("/imports/", { params: { query: { page_size: 50 } } }))).results;
}

/** Read the files that came in now. Without a network it fails at once, where the query would wait for it. */
export async function newestImports(client: QueryClient): Promise<Import[]> {
  const found = await loadImports();
  client.setQueryData(importsQuery.queryKey, found);
  return found;
}

/** The files that came in, newest first. Looked at again and again while one of them is being made. */
export const importsQuery = queryOptions({
  queryKey: ["imports", "all"],
  queryFn: loadImports,
  staleTime: 0,
  refetchInterval: ({ state }) => whileRunning(state.data),
  meta: { volatile: true },
});

/** One of them, with its preview and report: large. Looked at again and again while it is being read. */
export const importQuery = (id: number) =>
  queryOptions({
    queryKey: ["imports", id],
    queryFn: () => answered(api.GET("/imports/{import_id}/", { params: { path: { import_id: id } } })),
    staleTime: 0,
    refetchInterval: ({ state }) => (state.data?.state === "reading" ? EVERY : false),
    meta: { volatile: true },
  });

/** The exports, newest first. */
export const exportsQuery = queryOptions({
  queryKey: ["exports"],
  queryFn: async () => (await answered(api.GET("/export/", { params: { query: { page_size: 1 } } }))).results,
  staleTime: 0,
  refetchInterval: ({ state }) => whileRunning(state.data),
  meta: { volatile: true },
});
