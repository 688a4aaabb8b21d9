"""The service levels of an environment, from its overlay: targets and address, without the model of all settings."""

from pathlib import Path

from pydantic import ValidationError

from environments.sections.service_levels import ServiceLevelSettings
from miyabi_infra.overlays.merging import documents
from miyabi_infra.refused import Refused


def service_levels(root: Path, environment: str) -> ServiceLevelSettings:
    """The targets of an environment, from its overlay.

    Raises:
        Refused: when there is no such environment, or they are not valid.
    """
    try:
        data = documents(root)[environment].data.get("service_levels")
        return ServiceLevelSettings.model_validate({} if data is None else data)
    except KeyError as error:
        raise Refused(f"there is no environments/{environment}.yaml") from error
    except ValidationError as error:
        problem = f"environments/{environment}.yaml: service_levels is not valid; 'make synth' says why"
        raise Refused(problem) from error
