import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "../../shared/api/client";

export const digestQuery = queryOptions({
  queryKey: ["digest"],
  queryFn: () => answered(api.GET("/digest/")),
});

export const chatLinkQuery = queryOptions({
  queryKey: ["chat-link"],
  queryFn: () => answered(api.GET("/tg/link/")),
  meta: { volatile: true },
});
