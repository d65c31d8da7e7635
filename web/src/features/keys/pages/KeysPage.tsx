import { Page } from '@/ui/Page';
import '../strings';

export function KeysPage() {
  return <Page title="KeysPage">{null}</Page>;
}
