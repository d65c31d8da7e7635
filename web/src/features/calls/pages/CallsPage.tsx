import { Page } from '@/ui/Page';
import '../strings';

export function CallsPage() {
  return <Page title="CallsPage">{null}</Page>;
}
