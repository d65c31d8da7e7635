import { Page } from '@/ui/Page';
import '../strings';

export function ConsolePage() {
  return <Page title="ConsolePage">{null}</Page>;
}
