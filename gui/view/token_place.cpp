#include "gui/view/token_place.h"

namespace limoe::gui {

QString placeInWords(const probe::Layout& layout, const TokenRef& token) {
  if (token.modality == probe::kText) {
    return QString::fromUtf8("Sample %1 · word piece %2").arg(token.sample).arg(token.position + 1);
  }
  return QString::fromUtf8("Sample %1 · patch row %2, column %3")
      .arg(token.sample)
      .arg(token.position / layout.patch_columns + 1)
      .arg(token.position % layout.patch_columns + 1);
}

}  // namespace limoe::gui
