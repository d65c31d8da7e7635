import { createFileRoute, redirect } from '@tanstack/react-router';

/** Links of an older dashboard: `/dashboard/index.html?callSid=…`. */
export const Route = createFileRoute('/index.html')({
  validateSearch: (search): { callSid?: string } =>
    typeof search.callSid === 'string' ? { callSid: search.callSid } : {},
  beforeLoad: ({ search }) => {
    throw redirect({ to: '/', search });
  },
});
