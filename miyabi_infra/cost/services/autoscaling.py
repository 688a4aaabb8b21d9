"""Application Auto Scaling: free; the alarms that target tracking creates are free too."""

from typing import Final

from miyabi_infra.cost.model import Billing, Free

BILLING: Final[Billing] = {
    "aws_appautoscaling_policy": Free(),
    "aws_appautoscaling_scheduled_action": Free(),
    "aws_appautoscaling_target": Free(),
}
