"""Does what is seen look like what was declared? A hint from material fractions, per HS group a Gaussian."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wms.inspection.finding import Finding, Floats, Scan, Threshold
from wms.inspection.wedge import Decomposed, MaterialTable, decompose

_ORGANIC, _METAL = 10.0, 18.0
_RULE, _VERSION = "material_fractions", 1
_SHRINK = 0.15


def features(seen: Decomposed, pixel_cm2: float) -> Floats:
    """Logits of organic and metal shares of the mass, how heavy, how dense on average, how lumpy, mean Z of the mass."""
    goods = seen.areal > 0.15
    areal = seen.areal[goods]
    if areal.size < 4:
        return np.zeros(8, np.float32)
    zeff, total = seen.zeff[goods], float(areal.sum())
    organic = float(areal[zeff < _ORGANIC].sum()) / total
    metal = float(areal[zeff > _METAL].sum()) / total
    quantiles = np.log(np.quantile(areal, [0.5, 0.95]))
    z = float((areal * zeff).sum()) / total
    z_spread = float(np.sqrt((areal * (zeff - z) ** 2).sum() / total))
    lumps = np.log(float(areal.std()) / float(areal.mean()) + 0.02)
    values = [_logit(organic), _logit(metal), np.log(total * pixel_cm2), *quantiles, z, np.log(z_spread + 0.1), lumps]
    return np.array(values, np.float32)


def _logit(share: float) -> float:
    return float(np.log((share + 0.01) / (1.01 - share)))


@dataclass(frozen=True, slots=True)
class GroupModel:
    """Mean and precision of the features of each group, from scans whose declaration was found right."""

    means: dict[str, NDArray[np.float64]]
    precisions: dict[str, NDArray[np.float64]]
    log_norms: dict[str, float]

    def log_likelihood(self, group: str, seen: Floats) -> float:
        away = seen - self.means[group]
        return float(self.log_norms[group] - 0.5 * away @ self.precisions[group] @ away)

    def mismatch(self, declared: str, seen: Floats) -> float:
        """How much better the best other group explains it, plus how strange it is for its own."""
        own = self.log_likelihood(declared, seen)
        best = max(self.log_likelihood(group, seen) for group in self.means)
        return best - own


def fit_groups(samples: Mapping[str, Sequence[Floats]]) -> GroupModel:
    """Covariances are drawn towards the pooled one: a group has few calibration scans."""
    pooled = np.mean([np.cov(np.stack(rows).T) for rows in samples.values()], axis=0)
    means, precisions, norms = {}, {}, {}
    for group, rows in samples.items():
        stacked = np.stack(rows).astype(np.float64)
        covariance = (1 - _SHRINK) * np.cov(stacked.T) + _SHRINK * pooled + 1e-3 * np.eye(stacked.shape[1])
        means[group] = stacked.mean(axis=0)
        precisions[group] = np.linalg.inv(covariance)
        norms[group] = -0.5 * float(np.linalg.slogdet(covariance)[1])
    return GroupModel(means, precisions, norms)


@dataclass(frozen=True, slots=True)
class DeclaredCheck:
    model: GroupModel
    table: MaterialTable
    threshold: Threshold | None = None

    def analyze(self, scan: Scan) -> list[Finding]:
        if scan.declared_class not in self.model.means or scan.declared_class is None:
            return []
        score = self.model.mismatch(scan.declared_class, features(decompose(scan.view, self.table), scan.pixel_cm2))
        alarm = self.threshold is not None and score > self.threshold.value
        calibration = self.threshold.calibration if self.threshold else None
        return [Finding("content_mismatch", score, alarm, _RULE, _VERSION, None, {}, calibration)]
