// Short names of the API's types. All are generated; see schema.d.ts.
import type { components } from "./schema";

type Schemas = components["schemas"];

/** An entity of the API by its name in the schema: `Schema<"Track">`. */
export type Schema<Name extends keyof Schemas> = Schemas[Name];
export type Track = Schema<"Track">;
export type DayEntry = Schema<"Today">;
export type DayLog = Schema<"Log">;
export type Me = Schema<"Me">;
export type Limits = Schema<"Limits">;
export type ErrorItem = NonNullable<NonNullable<Schema<"Error">["errors"]>[number]>;
