"""Template helpers of the forms: a class on a widget, the list of a page's errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms, template
from django.utils.safestring import SafeString

register = template.Library()


@dataclass(frozen=True, slots=True)
class Fault:
    """One error of the summary: the field's label, what is wrong, where to go."""

    label: str
    message: str
    anchor: str


@register.simple_tag
def widget_class(field: forms.BoundField, css_class: str) -> SafeString:
    """The widget of a field with the theme's class."""
    kept = field.field.widget.attrs.get("class", "")
    return field.as_widget(attrs={"class": f"{css_class} {kept}".strip()})


@register.simple_tag
def form_errors(forms_of_page: Any) -> list[Fault]:
    """Every error of the page's form or forms, in the order of the fields."""
    one = isinstance(forms_of_page, forms.BaseForm)
    faults: list[Fault] = []
    for form in [forms_of_page] if one else forms_of_page:
        if not form.is_bound:
            continue
        faults += [Fault("", message, "") for message in form.non_field_errors()]
        for field in form:
            anchor = field.auto_id if field.use_fieldset else field.id_for_label
            faults += [Fault(str(field.label), message, anchor) for message in field.errors]
    return faults
