import { createFileRoute, redirect } from '@tanstack/react-router';
import { home, signedIn } from '@/shell/guard';

export const Route = createFileRoute('/')({
  validateSearch: (search): { callSid?: string } =>
    typeof search.callSid === 'string' ? { callSid: search.callSid } : {},
  beforeLoad: ({ location, search }) => {
    if (search.callSid) throw redirect({ to: '/live/$call', params: { call: search.callSid } });
    signedIn({ location });
    home();
  },
});
