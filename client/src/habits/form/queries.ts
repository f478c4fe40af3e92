import { queryOptions } from "@tanstack/react-query";
import { allPages } from "../../shared/api/allPages";
import { answered, api } from "../../shared/api/client";
import { currentLanguage } from "../../shared/texts/language";

export const habitQuery = (id: number) =>
  queryOptions({
    queryKey: ["habits", "own", id],
    queryFn: () => answered(api.GET("/habits/{id}/", { params: { path: { id } } })),
  });

export const pleasantQuery = queryOptions({
  queryKey: ["habits", "pleasant"],
  queryFn: () =>
    allPages((page) =>
      answered(api.GET("/habits/", { params: { query: { kind: "pleasant", page, page_size: 100 } } })),
    ),
});

export const tagsQuery = queryOptions({
  queryKey: ["tags", "names"],
  queryFn: () =>
    allPages((page) => answered(api.GET("/tags/", { params: { query: { page, page_size: 100 } } }))),
});

export const versionsQuery = (habitId: number) =>
  queryOptions({
    queryKey: ["habits", "versions", habitId],
    queryFn: () =>
      answered(api.GET("/habits/{habit_id}/schedules/", { params: { path: { habit_id: habitId } } })),
  });

export const templatesQuery = () =>
  queryOptions({
    queryKey: ["templates", currentLanguage()],
    queryFn: () =>
      answered(api.GET("/habits/templates/", { params: { query: { language: currentLanguage() } } })),
    staleTime: 24 * 60 * 60_000,
    meta: { volatile: true },
  });
