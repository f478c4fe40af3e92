import { Alert, Text } from "@mantine/core";

/** What was wrong with a form as a whole. */
export function FormProblems({ problems }: { problems: string[] }) {
  if (!problems.length) return null;
  return (
    <Alert color="red" role="alert" tabIndex={-1}>
      {problems.map((problem) => (
        <Text key={problem} size="sm">
          {problem}
        </Text>
      ))}
    </Alert>
  );
}
