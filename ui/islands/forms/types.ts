/** A form as its page gets it (`ui/pages/fill.py`), and as its editor does (`ui/pages/form_editor.py`). */
import type { Problem } from "../api";
import type { Field, FieldOptions, Filter, Value } from "../fields/field";

/** A question as it is asked. */
export interface Question {
  id: string;
  type: string;
  label: string;
  help: string;
  required: boolean;
  where: Filter | null;
  options: FieldOptions;
  /** What it begins with. */
  value: Value;
}

export interface FillData {
  form: string;
  secret: string;
  title: string;
  description: string;
  color: string;
  submit: string;
  after: "thanks" | "redirect";
  thanks: string;
  again: boolean;
  redirect: string;
  /** Name of the member who fills it in; "" of strangers. */
  person: string;
  questions: Question[];
}

export type Answers = Record<string, Value>;

/** A question as it is stored (`runtime/definitions/forms.py`). */
export interface QuestionDef {
  field: string;
  label: string;
  help: string;
  required: boolean;
  hidden: boolean;
  default: Value;
  where: Filter | null;
  choose: boolean;
}

export interface FormDef {
  name: string;
  table: string;
  questions: QuestionDef[];
  title: string;
  description: string;
  color: string;
  submit: string;
  after: "thanks" | "redirect";
  thanks: string;
  again: boolean;
  redirect: string;
  audience: "members" | "link";
  open: boolean;
  closes_at: string | null;
  limit: number | null;
  once: boolean;
}

export interface StoredForm extends FormDef {
  id: string;
  version: number;
  app: string;
  problems: Problem[];
  /** Ids of questions whose fields are gone. */
  missing: string[];
}

export interface Share {
  address: string;
  /** Only this machine can open the address. */
  here: boolean;
  active: boolean;
  submitted: number;
  submitted_at: string | null;
}

export interface EditorData {
  form: StoredForm;
  app: string;
  table: { id: string; name: string; icon: string; fields: Field[]; time_zone: string } | null;
  /** Ids of the fields that can be asked for. */
  askable: string[];
  operators: Record<string, string[]>;
  automations: { id: string; name: string }[];
  link: Share;
}
