import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "../../shared/api/client";

export const accessQuery = queryOptions({
  queryKey: ["access"],
  queryFn: () => answered(api.GET("/users/me/access/")),
  meta: { volatile: true },
});
