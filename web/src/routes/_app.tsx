import { createFileRoute } from '@tanstack/react-router';
import { signedIn } from '@/shell/guard';
import { Shell } from '@/shell/Shell';

export const Route = createFileRoute('/_app')({ beforeLoad: signedIn, component: Shell });
