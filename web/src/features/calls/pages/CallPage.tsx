import { Page } from '@/ui/Page';
import '../strings';

export function CallPage() {
  return <Page title="CallPage">{null}</Page>;
}
