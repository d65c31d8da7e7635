import { QueryClientProvider } from '@tanstack/react-query';
import { createMemoryHistory, createRouter, RouterProvider } from '@tanstack/react-router';
import { render } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { makeQueryClient } from '@/api/client';
import { sessionStore } from '@/api/session';
import type { Session } from '@/api/types';
import { NotFound, RouteFailure } from '@/shell/Failures';
import { routeTree } from '../routeTree.gen';

/** Shows the app at an address, signed in as the session says. */
export function showApp(path: string, session: Session | null) {
  sessionStore.setState(
    session
      ? { status: 'signed_in', session, expiresAt: Date.now() + 600_000 }
      : { status: 'signed_out', session: null, expiresAt: 0 },
    true,
  );
  const router = createRouter({
    routeTree,
    basepath: '/dashboard',
    history: createMemoryHistory({ initialEntries: [`/dashboard${path}`] }),
    defaultErrorComponent: RouteFailure,
    defaultNotFoundComponent: NotFound,
  });
  const client = makeQueryClient();
  client.setDefaultOptions({ queries: { retry: false } });
  const user = userEvent.setup();
  const view = render(
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
  return { ...view, user, router };
}
