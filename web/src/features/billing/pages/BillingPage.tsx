import { Page } from '@/ui/Page';
import '../strings';

export function BillingPage() {
  return <Page title="BillingPage">{null}</Page>;
}
