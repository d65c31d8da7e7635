import { Page } from '@/ui/Page';
import '../strings';

export function NumbersPage() {
  return <Page title="NumbersPage">{null}</Page>;
}
