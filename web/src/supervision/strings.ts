import { addStrings } from '@/lib/i18n';
import strings from './strings.en.json';

addStrings('supervision', strings);
