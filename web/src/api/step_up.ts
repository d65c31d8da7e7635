// Some acts need a sign-in of the last minutes. Whoever meets that waits here until the dialog has an answer.
import { createStore } from 'zustand/vanilla';

interface StepUp {
  asking: boolean;
  answer: (done: boolean) => void;
}

const idle: StepUp = { asking: false, answer: () => undefined };

export const stepUpStore = createStore<StepUp>(() => idle);

let waiting: Promise<boolean> | null = null;

/** True once the person has proved who they are, false when they gave up. */
export function askStepUp(): Promise<boolean> {
  waiting ??= new Promise<boolean>((resolve) => {
    stepUpStore.setState({
      asking: true,
      answer: (done) => {
        waiting = null;
        stepUpStore.setState(idle);
        resolve(done);
      },
    });
  });
  return waiting;
}
