// Tokens as small pictures or lines of text, each a link to its place.
#pragma once

#include <QImage>
#include <vector>

#include "gui/inspect/token_part.h"
#include "gui/view/view_state.h"

namespace limoe::gui {

/// One token to show. The pictures come later than the rest.
struct TokenCard {
  TokenRef token;
  QString value;    ///< how near it is
  QString tip;      ///< what is known of it
  QImage picture;   ///< a patch with its neighbours; null: not there yet, or a word
  QRectF mark;      ///< where the patch is in the picture, in its pixels
  QString piece;    ///< of a word
  QString context;  ///< of a word: what stands around it
};

/// Patches side by side, words below one another. A click, or the arrows and Enter, chooses one.
class TokenSimilarGrid : public TokenPart {
  Q_OBJECT
 public:
  explicit TokenSimilarGrid(QWidget* parent);

  /// `current`: the selected token, marked where it is among them.
  void show(std::vector<TokenCard> cards, const std::optional<TokenRef>& current);

  const std::vector<TokenCard>& cards() const { return cards_; }
  QRectF cardRect(std::size_t card) const;

 Q_SIGNALS:
  void chosen(const TokenRef& token);

 protected:
  QString toolTipAt(const QPoint& at) const override;
  bool usesKey(int key, Qt::KeyboardModifiers modifiers) const override;
  void pressKey(int key, Qt::KeyboardModifiers modifiers) override;
  void layOut() override;
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  bool hasWords() const;
  int cardAt(const QPoint& at) const;  ///< −1: none
  void paintPatch(QPainter& painter, const TokenCard& card, const QRectF& rect) const;
  void paintWord(QPainter& painter, const TokenCard& card, const QRectF& rect) const;

  std::vector<TokenCard> cards_;
  std::optional<TokenRef> selected_;
  std::size_t current_ = 0;  ///< card of the keyboard
  int columns_ = 1;
};

}  // namespace limoe::gui
