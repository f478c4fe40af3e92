import { useLingui } from "@lingui/react/macro";
import { ActionIcon, Group, Input, TagsInput, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { IconCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useLimits } from "../../shared/person/limits";
import { type Colour, colourOf } from "../../shared/ui/colours";
import type { Look } from "./look";
import { tagsQuery } from "./queries";
import { useColourNames } from "./useColourNames";

/** Colour, icon and tags. */
export function LookFields<Values extends Look>({ form }: { form: UseFormReturnType<Values> }) {
  const { t } = useLingui();
  const { tag, track } = useLimits();
  const tags = useQuery(tagsQuery).data?.map(({ name }) => name) ?? [];
  const names = useColourNames();
  const look = form as unknown as UseFormReturnType<Look>;
  return (
    <>
      <Input.Wrapper labelElement="div" size="md" label={t`Colour`} error={look.errors.colour}>
        <Group gap={4} mt={6} role="group" aria-label={t`Colour`}>
          {Object.entries(names).map(([colour, name]) => (
            <ActionIcon
              key={name}
              variant="default"
              aria-label={name}
              aria-pressed={look.values.colour === colour}
              onClick={() => look.setFieldValue("colour", colour as Colour)}
              style={{ background: colourOf(colour as Colour), color: "#fff" }}
            >
              {look.values.colour === colour ? <IconCheck size={22} stroke={3} aria-hidden /> : null}
            </ActionIcon>
          ))}
        </Group>
      </Input.Wrapper>
      <TextInput
        label={t`Icon`}
        description={t`One emoji.`}
        maxLength={track.icon_length}
        w={{ base: "100%", xs: 160 }}
        {...look.getInputProps("icon")}
      />
      <TagsInput
        label={t`Tags`}
        description={t`To group your habits. Press Enter after each.`}
        data={tags}
        maxTags={track.tags}
        maxLength={tag.name_length}
        {...look.getInputProps("tags")}
      />
    </>
  );
}
