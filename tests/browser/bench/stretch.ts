// What a page does during a stretch of time: its frames, its long tasks, its own processor time, its memory.
import type { CDPSession, Page } from '@playwright/test';

export interface Stretch {
  what: string;
  seconds: number;
  /** Pictures a second, and how many came later than two screens' time. */
  fps: number;
  late_frames: number;
  worst_frame_ms: number;
  /** Tasks that held the page up for more than 50 ms. */
  long_tasks: number;
  longest_task_ms: number;
  /** Processor time of the page's main thread, and how much of it was for scripts. */
  main_ms_a_second: number;
  script_ms_a_second: number;
  events_a_second: number;
  heap_mib: number;
}

interface Watch {
  frames: number[];
  tasks: number[];
  messages: number;
}

declare global {
  interface Window {
    phonyBench: Watch;
  }
}

/** Runs in the page before its own scripts. */
export function countInPage(): void {
  const watch: Watch = { frames: [], tasks: [], messages: 0 };
  window.phonyBench = watch;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) watch.tasks.push(entry.duration);
  }).observe({ type: 'longtask' });
  let before = performance.now();
  const frame = (now: number) => {
    watch.frames.push(now - before);
    before = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  const Real = window.WebSocket;
  window.WebSocket = class extends Real {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      this.addEventListener('message', () => {
        watch.messages += 1;
      });
    }
  };
}

async function times(session: CDPSession): Promise<{ task: number; script: number; heap: number }> {
  const { metrics } = await session.send('Performance.getMetrics');
  const of = (name: string) => metrics.find((each) => each.name === name)?.value ?? 0;
  return { task: of('TaskDuration'), script: of('ScriptDuration'), heap: of('JSHeapUsedSize') };
}

/** Measures while `work` runs. */
export async function stretch(
  page: Page,
  session: CDPSession,
  what: string,
  work: () => Promise<void>,
): Promise<Stretch> {
  await page.evaluate(() => {
    window.phonyBench.frames.length = 0;
    window.phonyBench.tasks.length = 0;
    window.phonyBench.messages = 0;
  });
  const before = await times(session);
  const begun = performance.now();
  await work();
  const seconds = (performance.now() - begun) / 1_000;
  const after = await times(session);
  const { frames, tasks, messages } = await page.evaluate(() => structuredClone(window.phonyBench));
  await session.send('HeapProfiler.collectGarbage');
  const { heap } = await times(session);
  const round = (value: number) => Math.round(value * 10) / 10;
  return {
    what,
    seconds: round(seconds),
    fps: round(frames.length / seconds),
    late_frames: frames.filter((ms) => ms > 34).length,
    worst_frame_ms: round(Math.max(0, ...frames)),
    long_tasks: tasks.length,
    longest_task_ms: round(Math.max(0, ...tasks)),
    main_ms_a_second: round(((after.task - before.task) * 1_000) / seconds),
    script_ms_a_second: round(((after.script - before.script) * 1_000) / seconds),
    events_a_second: round(messages / seconds),
    heap_mib: round(heap / 1_048_576),
  };
}
