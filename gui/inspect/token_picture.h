// The selected patch enlarged beside its image, or the selected word piece in large letters.
#pragma once

#include <QImage>

#include "gui/inspect/token_part.h"
#include "gui/view/run_source.h"

namespace limoe::gui {

/// The picture of one sample; null where its image is not there.
QImage imageOf(const probe::ProbeSet& sample, const probe::Layout& layout);
/// A patch with the patches around it, at the image's own resolution.
struct PatchCut {
  QImage picture;  ///< null where the image is not there
  QRect patch;     ///< within `picture`
};
/// Of one sample; at the edge of the image the view stays inside it.
PatchCut patchWithNeighbours(const probe::ProbeSet& sample, const probe::Layout& layout,
                             int64_t patch);
/// The word piece of one sample at a text position, without the mark of a word's start.
QString pieceAt(const probe::ProbeSet& sample, int64_t position);

/// A click on the image, and the arrows, go to a patch of the same image; with a word the arrows go
/// to the neighbouring pieces.
class TokenPicture : public TokenPart {
  Q_OBJECT
 public:
  explicit TokenPicture(QWidget* parent);

  /// Nothing, while the image is being read.
  void showNothing();
  void showPatch(const QImage& image, int64_t rows, int64_t columns, int64_t patch);
  void showPiece(const QImage& image, int64_t rows, int64_t columns, const QString& piece);

  QRectF enlargedRect() const;  ///< of the patch
  QRectF imageRect() const;     ///< of the whole image; empty while there is none

 Q_SIGNALS:
  void patchChosen(int64_t patch);
  void pieceStepped(int by);  ///< −1 or 1

 protected:
  QString toolTipAt(const QPoint& at) const override;
  bool usesKey(int key, Qt::KeyboardModifiers modifiers) const override;
  void pressKey(int key, Qt::KeyboardModifiers modifiers) override;
  void layOut() override;
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;

 private:
  QRectF tile() const;
  int64_t patchAt(const QPointF& at) const;  ///< −1: none
  void paintPiece(QPainter& painter, const QRectF& rect) const;

  QImage image_;
  int64_t rows_ = 0, columns_ = 0;
  int64_t patch_ = -1;  ///< −1: a word
  QString piece_;
};

}  // namespace limoe::gui
