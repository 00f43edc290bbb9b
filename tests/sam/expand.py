"""Prints what SAM makes of template.yaml, for cfn-lint: in the template itself no linter follows the functions' references."""

import sys
from pathlib import Path

from samcli.lib.translate.sam_template_validator import SamTemplateValidator
from samcli.yamlhelper import yaml_parse


class NoManagedPolicies:
    """Names of AWS' policies would be asked for with an account; the template has none."""

    def load(self):
        return {}


template = yaml_parse(Path(sys.argv[1]).read_text())
print(SamTemplateValidator(template, NoManagedPolicies()).get_translated_template_if_valid())
