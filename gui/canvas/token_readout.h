// What is said about one token, in words and honest digits.
#pragma once

#include <QString>
#include <QVector>
#include <utility>

#include "gui/canvas/wall_scene.h"

namespace limoe::gui {

struct TokenReadout {
  QString title;                               ///< "sample 12 · patch row 3, column 5"
  QVector<std::pair<QString, QString>> lines;  ///< name, value
  int64_t expert = -1;                         ///< first choice; −1: not routed
};

/// "block 3"; with two towers "image block 3" or "text block 3". Without layers "".
QString layerName(const RunData& run, int64_t layer);
/// "MoE layer 2 of 3 · block 3"
QString layerPlace(const RunData& run, int64_t layer);

/// Three decimals, which is what a half-precision gate carries; "< 0.001" below.
QString gateDigits(double value);

/// Everything that is recorded about a token of `sample`, whose `probe` is not nullptr; without
/// gate, runner-up and queue where its slice has none (RunSource::choices). `state` knows the names
/// of experts; nullptr: none have one.
TokenReadout describeToken(const RunData& run, const WallSample& sample, const TokenRef& token,
                           const ViewState* state = nullptr);

}  // namespace limoe::gui
