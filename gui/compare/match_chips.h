// A column's experts in their colours, each with the expert of the reference that it stands for.
// Click, or arrows and Space: selects that expert in all columns.
#pragma once

#include <QColor>
#include <QString>
#include <QWidget>
#include <cstdint>
#include <optional>
#include <vector>

namespace limoe::gui {

class MatchChips : public QWidget {
  Q_OBJECT
 public:
  struct Chip {
    QString text;  ///< "e5 = e2, 81 %"
    QString tip;
    QColor color;
    std::optional<int64_t> reference;  ///< expert of the reference; nullopt: no partner
    bool selected = false;
    bool operator==(const Chip&) const = default;
  };

  explicit MatchChips(QWidget* parent = nullptr);

  void setChips(std::vector<Chip> chips);
  const std::vector<Chip>& chips() const { return chips_; }
  /// Where a chip is; empty where it has no room.
  QRect rectOf(std::size_t chip) const;

  bool hasHeightForWidth() const override { return true; }
  int heightForWidth(int width) const override;
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 Q_SIGNALS:
  void chosen(qint64 reference);

 protected:
  bool event(QEvent* event) override;
  void paintEvent(QPaintEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;

 private:
  struct Placed {
    std::vector<QRect> rects;  ///< of the first chips, those that have room
    int height = 0;
  };
  Placed placed(int width) const;
  std::optional<std::size_t> chipAt(const QPoint& position) const;
  QString moreWords(std::size_t shown) const;

  std::vector<Chip> chips_;
  std::size_t current_ = 0;
};

}  // namespace limoe::gui
