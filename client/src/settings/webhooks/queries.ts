import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "../../shared/api/client";

export const webhookQuery = (id: number) =>
  queryOptions({
    queryKey: ["webhooks", id],
    queryFn: () => answered(api.GET("/webhooks/{id}/", { params: { path: { id } } })),
    meta: { volatile: true },
  });
