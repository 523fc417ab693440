#include <array>
#include <cstdint>
#include <vector>

#include "model/data/scene_parts.h"

namespace limoe::model {
namespace {

enum class BoardShape { Rectangle, Octagon, Cut };

struct Board {
  Rgb color;
  Rgb ink;
  BoardShape shape;
};

// As in a town, every word has a board of its own; so its colours tell the word from afar, and its
// letters from near. In the order of kSignWords.
const std::array<Board, kSignWords.size()>& boards() {
  using enum BoardShape;
  static const std::array<Board, kSignWords.size()> kBoards = {{
      {{206, 34, 40}, {255, 255, 255}, Octagon},    // STOP
      {{28, 146, 84}, {255, 255, 255}, Cut},        // OPEN
      {{112, 68, 42}, {250, 232, 196}, Rectangle},  // CAFE
      {{240, 140, 34}, {36, 70, 40}, Cut},          // ZOO
      {{252, 208, 40}, {28, 28, 32}, Rectangle},    // TAXI
      {{236, 60, 130}, {255, 250, 220}, Octagon},   // SALE
      {{246, 246, 240}, {20, 132, 70}, Rectangle},  // EXIT
      {{24, 40, 96}, {244, 206, 96}, Rectangle},    // BANK
      {{172, 222, 248}, {28, 70, 160}, Cut},        // MILK
      {{26, 84, 52}, {250, 226, 100}, Octagon},     // PARK
      {{38, 98, 206}, {255, 255, 255}, Rectangle},  // BUS
      {{244, 226, 184}, {140, 60, 36}, Cut},        // FARM
      {{118, 52, 158}, {255, 255, 255}, Cut},       // SHOP
      {{250, 240, 214}, {206, 34, 40}, Octagon},    // PIZZA
      {{18, 140, 150}, {255, 255, 255}, Octagon},   // FISH
      {{110, 22, 52}, {250, 232, 210}, Cut},        // BOOKS
      {{250, 196, 40}, {190, 30, 40}, Cut},         // POST
      {{190, 224, 120}, {40, 84, 40}, Rectangle},   // TEA
      {{30, 30, 36}, {240, 204, 110}, Cut},         // HOTEL
      {{246, 176, 206}, {90, 30, 110}, Rectangle},  // ART
  }};
  return kBoards;
}

// Corners of a board; `cut` is the share of half the height that its corners lose.
std::vector<Point> outline(Point center, double half_width, double half_height, double cut) {
  const double c = half_height * cut;
  return {{center.x - half_width + c, center.y - half_height},
          {center.x + half_width - c, center.y - half_height},
          {center.x + half_width, center.y - half_height + c},
          {center.x + half_width, center.y + half_height - c},
          {center.x + half_width - c, center.y + half_height},
          {center.x - half_width + c, center.y + half_height},
          {center.x - half_width, center.y + half_height - c},
          {center.x - half_width, center.y - half_height + c}};
}

}  // namespace

void paintSign(SceneCanvas& canvas, const SceneItem& sign) {
  const auto word = static_cast<std::size_t>(sign.word);
  const Board& board = boards().at(word);
  const double cut = board.shape == BoardShape::Octagon ? 0.62
                     : board.shape == BoardShape::Cut   ? 0.28
                                                        : 0.06;
  const double half_width = sign.width * 0.49;
  const double half_height = sign.height * 0.24;
  const Point center(sign.x, sign.base - sign.height + half_height);
  const double post = sign.width * 0.05;
  canvas.rectangle(sign.x - post, center.y, sign.x + post, sign.base, {126, 112, 104},
                   SceneLabel::Sign);
  canvas.rectangle(sign.x, center.y, sign.x + post, sign.base, {92, 82, 84}, SceneLabel::Sign);
  canvas.polygon(outline(center, half_width, half_height, cut), board.ink, SceneLabel::Sign);
  const double rim = sign.width * 0.035;
  canvas.polygon(outline(center, half_width - rim, half_height - rim, cut), board.color,
                 SceneLabel::Sign);
  canvas.text(kSignWords.at(word), center, sign.width * 0.76, sign.height * 0.24, board.ink);
}

}  // namespace limoe::model
