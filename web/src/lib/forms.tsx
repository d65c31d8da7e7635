// What forms share: faults of the server put beside their fields, and what is left said above the buttons.
import { type RefObject, useEffect, useRef, useState } from 'react';
import type { FieldValues, Path, UseFormSetError } from 'react-hook-form';
import { type ApiProblem, asProblem, type FieldFault } from '@/api/problem';
import { Notice, ProblemText } from '@/ui/States';

/**
 * Puts the faults of known fields on them; gives back the problem when something is left to say. A field named
 * `examples.*` stands for the fields of each of a list's rows; a fault within any other field is shown on that field.
 */
export function placeFaults<T extends FieldValues>(
  problem: ApiProblem,
  fields: readonly (Path<T> | `${string}.*`)[],
  setError: UseFormSetError<T>,
): ApiProblem | null {
  let left = problem.errors.length === 0;
  let isFirst = true;
  for (const fault of problem.errors) {
    const field = fieldOf(fault.param, fields);
    if (field) {
      setError(field as Path<T>, { type: fault.code, message: sentence(fault) }, { shouldFocus: isFirst });
      isFirst = false;
    } else left = true;
  }
  return left ? problem : null;
}

function fieldOf(param: string, fields: readonly string[]): string | null {
  const path = param.replace(/\[(\d+)\]/g, '.$1');
  for (const field of fields) {
    if (field === path || (field.endsWith('.*') && path.startsWith(field.slice(0, -1)))) return path;
  }
  return fields.find((field) => path.startsWith(`${field}.`)) ?? null;
}

function sentence({ detail }: FieldFault): string {
  return detail.charAt(0).toUpperCase() + detail.slice(1);
}

/** The same for a form that keeps its values itself: the faults by field, and what is left to say. */
export function sortFaults<F extends string>(problem: ApiProblem | null, fields: readonly F[]) {
  const faults: Partial<Record<F, string>> = {};
  let left = problem !== null && problem.errors.length === 0;
  for (const fault of problem?.errors ?? []) {
    // A fault within a list, `allowed_cidrs[1]`, is shown on the field that holds it.
    const field = fields.find(
      (name) =>
        fault.param === name ||
        (/^[.[]/.test(fault.param.slice(name.length)) && fault.param.startsWith(name)),
    );
    if (field) faults[field] ??= sentence(fault);
    else left = true;
  }
  return { faults, rest: left ? problem : null };
}

/** Leads to the first field at fault of a form, once the server has judged it. */
export function useFaultFocus(problem: ApiProblem | null): RefObject<HTMLFormElement | null> {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (problem) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [problem]);
  return form;
}

/** What is wrong at exactly this place of a request. */
export function faultAt(problem: ApiProblem | null, param: string): string | undefined {
  const fault = problem?.errors.find((each) => each.param === param);
  return fault && sentence(fault);
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

/** Runs an act and keeps the problem it ended with; a step-up that was called off is none. True once it is done. */
export function useAct() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const act = async (work: () => Promise<unknown>): Promise<boolean> => {
    setBusy(true);
    setProblem(null);
    try {
      await work();
      return true;
    } catch (thrown) {
      const failed = asProblem(thrown);
      if (failed.code !== 'step_up_required') setProblem(failed);
      return false;
    } finally {
      setBusy(false);
    }
  };
  /** Once what was at fault is being changed. */
  const forget = () => setProblem(null);
  return { busy, problem, act, forget };
}

export function FormProblem({ problem }: { problem: ApiProblem | null }) {
  if (!problem) return null;
  return (
    <Notice>
      <ProblemText problem={problem} />
    </Notice>
  );
}
