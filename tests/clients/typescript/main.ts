// The main job, in types only: it is compiled, not run.
import createClient from "openapi-fetch";
import type { components, paths } from "./generated/api";

const api = createClient<paths>({ baseUrl: "https://example.org/api" });

export async function mainJob(token: string): Promise<number> {
  const person: components["schemas"]["Register"] = { email: "a@example.org", password: "correct horse battery" };
  await api.POST("/register/", { body: person });
  await api.POST("/register/confirm/", { body: { token } });
  const signedIn = await api.POST("/token/", { body: { email: person.email, password: person.password } });
  if (!signedIn.data) throw new Error(signedIn.error?.errors?.[0]?.code);
  const headers = { Authorization: `Bearer ${signedIn.data.access}` };
  const habit = await api.POST("/habits/", { headers, body: { name: "Push-ups", frequency: "daily" } });
  const track: number | null = habit.data!.track;
  const logged = await api.PUT("/tracks/{track_id}/logs/{day}/", {
    headers,
    params: { path: { track_id: track!, day: "2026-11-21" } },
    body: { status: "completed" },
  });
  const before: components["schemas"]["Content"] | null = logged.data!.before;
  return before === null ? logged.data!.streak.current : 0;
}

// @ts-expect-error A status that does not exist does not compile.
export const wrongStatus: components["schemas"]["Day"] = { status: "donne" };
// @ts-expect-error Nor does a path that does not exist.
void api.GET("/habit/");
