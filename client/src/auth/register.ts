import { ApiError } from "../shared/api/ApiError";
import { post } from "../shared/api/plain";
import type { Schema } from "../shared/api/types";
import { deviceZone } from "../shared/dates/days";
import { currentLanguage } from "../shared/texts/language";

/** Register with this device's time zone, or without one if the server does not know it. */
export async function register({ email, password, username, invitation }: Schema<"Register">): Promise<void> {
  const account = {
    email,
    password,
    language: currentLanguage(),
    ...(username ? { username } : {}),
    ...(invitation ? { invitation } : {}),
  };
  try {
    await post("/register/", { ...account, time_zone: deviceZone() });
  } catch (error) {
    const isZoneUnknown = error instanceof ApiError && error.errors.every(({ attr }) => attr === "time_zone");
    if (!isZoneUnknown || !error.errors.length) throw error;
    await post("/register/", account);
  }
}
