// What forms share: faults of the server put beside their fields, and what is left said above the buttons.
import { useState } from 'react';
import type { FieldValues, Path, UseFormSetError } from 'react-hook-form';
import { type ApiProblem, asProblem } from '@/api/problem';
import { Notice, ProblemText } from '@/ui/States';

/** Puts the faults of known fields on them; gives back the problem when something is left to say. */
export function placeFaults<T extends FieldValues>(
  problem: ApiProblem,
  fields: readonly Path<T>[],
  setError: UseFormSetError<T>,
): ApiProblem | null {
  let left = problem.errors.length === 0;
  for (const fault of problem.errors) {
    const field = fields.find((name) => name === fault.param);
    if (field) {
      const message = fault.detail.charAt(0).toUpperCase() + fault.detail.slice(1);
      setError(field, { type: fault.code, message }, { shouldFocus: true });
    } else left = true;
  }
  return left ? problem : null;
}

/** Runs a submission and keeps the problem it ended with. */
export function useSubmission<T extends FieldValues>(
  fields: readonly Path<T>[],
  setError: UseFormSetError<T>,
) {
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const run = async (work: () => Promise<void>) => {
    setProblem(null);
    try {
      await work();
    } catch (thrown) {
      setProblem(placeFaults(asProblem(thrown), fields, setError));
    }
  };
  return { problem, run };
}

export function FormProblem({ problem }: { problem: ApiProblem | null }) {
  if (!problem) return null;
  return (
    <Notice>
      <ProblemText problem={problem} />
    </Notice>
  );
}
