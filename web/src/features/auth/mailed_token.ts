import { useLocation } from '@tanstack/react-router';

/** The token of a mailed link. It stands behind the #, so that no server and no log on the way sees it. */
export function useMailedToken(): string | null {
  const hash = useLocation({ select: (location) => location.hash });
  return new URLSearchParams(hash).get('token') || null;
}
