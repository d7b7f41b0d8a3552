"""Linear prediction of the frame: LPC and line spectral frequencies."""

from __future__ import annotations

import numpy as np

from pipelines.features.yaafe.framing import Array

LPC_ORDER = 2
LSF_ORDER = 10
# 2 cos(m w) as a polynomial in y = 2 cos(w), for m = 5, 4, ... 1 and, at half
# its size, m = 0: rows by m, columns by falling power of y.
COSINES = (
    (1, 0, -5, 0, 5, 0),
    (0, 1, 0, -4, 0, 2),
    (0, 0, 1, 0, -3, 0),
    (0, 0, 0, 1, 0, -2),
    (0, 0, 0, 0, 1, 0),
    (0, 0, 0, 0, 0, 1),
)
# Simple roots take 4 or 5 steps; nearly equal roots take more.
LAGUERRE_STEPS = 24
CONVERGED = 1e-10


def lpc(autocorrelation: Array) -> Array:
    """The prediction-error filter of order 2 without its leading 1.

    Input shape: (frames, lags).

    Output shape: (frames, 2).

    Reference: Makhoul, Linear prediction: a tutorial review, 1975.
    """
    return levinson(autocorrelation, LPC_ORDER)[1:].T


def lsf(autocorrelation: Array) -> Array:
    """Line spectral frequencies of an order-10 predictor, rising, in rad.

    Input shape: (frames, lags).

    Output shape: (frames, 10).

    Reference: Kabal and Ramachandran, The computation of line spectral
        frequencies using Chebyshev polynomials, 1986.
    """
    filters = levinson(autocorrelation, LSF_ORDER)
    roots = real_roots(line_spectral_polynomials(filters))
    cosines = np.clip(roots / 2, -1, 1).reshape(LSF_ORDER, -1)
    return np.sort(np.arccos(cosines), axis=0).T


def features(autocorrelation: Array) -> dict[str, Array]:
    """All features of linear prediction, from (frames, lags)."""
    return {"LPC": lpc(autocorrelation), "LSF": lsf(autocorrelation)}


def levinson(autocorrelation: Array, order: int) -> Array:
    """Prediction-error filters by the Levinson-Durbin recursion.

    A reflection coefficient that is not below 1 in size counts as 0. So a
    silent frame is predicted by nothing (its filter is 1), a frame predicted
    to within rounding is not predicted further, and no filter is unstable.

    Input shape: (frames, lags), more lags than `order`.

    Output shape: (order + 1, frames).
    """
    lags = np.ascontiguousarray(autocorrelation.T)
    error = lags[0].copy()
    filters = np.zeros((order + 1, lags.shape[1]))
    filters[0] = 1
    for i in range(1, order + 1):
        missing = np.einsum("jt,jt->t", filters[:i], lags[i:0:-1])
        stable = np.abs(missing) < error
        reflection = np.where(stable, -missing / np.where(stable, error, 1), 0)
        filters[1 : i + 1] += reflection * filters[i - 1 :: -1][:i]
        error *= 1 - reflection**2
    return filters


def line_spectral_polynomials(filters: Array) -> Array:
    """The two polynomials in y = 2 cos(w) whose roots are the lines.

    With A the filter, they are A(z) + z^-11 A(1/z) over 1 + z^-1 and
    A(z) - z^-11 A(1/z) over 1 - z^-1: palindromes of degree 10, which are
    polynomials of degree 5 in y, with leading coefficient 1.

    Input shape: (11, frames).

    Output shape: (6, 2, frames), by falling power.
    """
    padded = np.concatenate([filters, np.zeros_like(filters[:1])])
    half = LSF_ORDER // 2 + 1
    total = (padded + padded[::-1])[:half]
    difference = (padded - padded[::-1])[:half]
    signs = (-1.0) ** np.arange(half)[:, None]
    quotients = np.stack(
        [
            signs * np.cumsum(signs * total, axis=0),
            np.cumsum(difference, axis=0),
        ],
        axis=1,
    )
    return np.tensordot(np.array(COSINES, np.float64), quotients, (0, 0))


def real_roots(polynomials: Array) -> Array:
    """Roots of quintics with leading 1 and five roots between -2 and 2.

    The two outermost roots are found and divided out, twice.

    Input shape: (6, ...), by falling power.

    Output shape: (5, ...), in no order.
    """
    roots = []
    for _ in range(2):
        largest, smallest = _outermost_roots(polynomials)
        polynomials = _divide(_divide(polynomials, largest), smallest)
        roots += [largest, smallest]
    return np.stack(roots + [-polynomials[1]])


def _outermost_roots(polynomials: Array) -> Array:
    """Laguerre's method from 2 and from -2, which real roots cannot stop."""
    degree = len(polynomials) - 1
    ends = np.array([2.0, -2.0]).reshape((2,) + (1,) * (polynomials.ndim - 1))
    root = np.broadcast_to(ends, (2, *polynomials.shape[1:]))
    for _ in range(LAGUERRE_STEPS):
        value, slope = np.ones_like(root), np.zeros_like(root)
        curvature = np.zeros_like(root)
        for coefficient in polynomials[1:]:
            curvature = curvature * root + 2 * slope
            slope = slope * root + value
            value = value * root + coefficient
        inner = (degree - 1) * slope**2 - degree * value * curvature
        width = np.sqrt(np.maximum((degree - 1) * inner, 0))
        divisor = slope + np.copysign(width, slope)
        step = degree * value / np.where(divisor == 0, 1, divisor)
        root = root - step
        if np.all(np.abs(step) < CONVERGED):
            break
    return root


def _divide(polynomials: Array, root: Array) -> Array:
    """The polynomials over (y - root), without the remainder."""
    quotient = [polynomials[0]]
    for coefficient in polynomials[1:-1]:
        quotient.append(quotient[-1] * root + coefficient)
    return np.stack(quotient)
