import { useEffect } from "react";
import { Outlet, ScrollRestoration } from "react-router";
import { QuestionHost } from "./QuestionHost";
import { useLanguageOfPerson } from "./useLanguageOfPerson";

/** What every screen has around it. */
export function Root() {
  useLanguageOfPerson();
  useEffect(() => {
    document.documentElement.dataset.ready = "";
  }, []);
  return (
    <>
      <Outlet />
      <QuestionHost />
      <ScrollRestoration />
    </>
  );
}
