import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "../../shared/api/client";
import { allPages, type Page } from "../../shared/query/pages";
import type { GroupHabit, Member, Progress, Team } from "../types";

export type WhichGroups = "mine" | "open";

export const groupsKey = (which: WhichGroups, name: string) => ["groups", "list", which, name];

export function readGroups(which: WhichGroups, name: string, page: number): Promise<Page<Team>> {
  return answered(api.GET("/groups/", { params: { query: { which, page, ...(name ? { name } : {}) } } }));
}

export const groupQuery = (id: number) =>
  queryOptions<Team>({
    queryKey: ["groups", id],
    staleTime: 0, // others change it
    queryFn: () => answered(api.GET("/groups/{id}/", { params: { path: { id } } })),
  });

/** All habits of a group: there are few. */
export const groupHabitsQuery = (id: number) =>
  queryOptions<GroupHabit[]>({
    queryKey: ["groups", id, "habits"],
    staleTime: 0, // others change it
    queryFn: () =>
      allPages((page) => answered(api.GET("/groups/{group_id}/habits/", { params: ofGroup(id, page) }))),
  });

export function readMembers(id: number, page: number): Promise<Page<Member>> {
  return answered(api.GET("/groups/{group_id}/members/", { params: ofGroup(id, page) }));
}

export function readProgress(id: number, page: number): Promise<Page<Progress>> {
  return answered(api.GET("/groups/{group_id}/board/", { params: ofGroup(id, page) }));
}

function ofGroup(id: number, page: number) {
  return { path: { group_id: id }, query: { page } };
}
